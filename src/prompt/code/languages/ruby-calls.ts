/** What functions of Ruby, and of gems that are in most programs, say about how often their value changes. */
import type { KnownCall } from "../volatile.ts";

const never = "gives another text in every call";

export const rubyCalls: readonly KnownCall[] = [
  // https://docs.ruby-lang.org/en/3.4/Time.html, https://api.rubyonrails.org/classes/Time.html
  { pattern: /^(?:Time|DateTime)\.(?:zone\.)?(?:now|current)\b/, scope: "volatile", says: never },
  { pattern: /^Process\.clock_gettime$/, scope: "volatile", says: never },
  {
    pattern: /^(?:Date\.(?:today|current)|Time\.zone\.today)\b/,
    scope: "day",
    says: "gives the day: it changes once a day",
  },
  { pattern: /^(?:Kernel\.)?rand$|^Random\.\w+$|^SecureRandom\.\w+$/, scope: "volatile", says: never },
  { pattern: /\.(?:sample|shuffle|object_id)$/, scope: "volatile", says: never },
  {
    pattern: /^ENV(?:\.(?:fetch|dig))?$|^Rails\.application\.(?:credentials|config)\b|^Rails\.env\b/,
    scope: "constant",
    says: "reads the environment: fixed at deployment",
  },
  {
    pattern: /^Socket\.gethostname$|^RUBY_(?:VERSION|PLATFORM)$/,
    scope: "constant",
    says: "speaks of the machine: fixed at deployment",
  },
  { pattern: /^Dir\.(?:pwd|getwd)$/, scope: "session", says: "speaks of where the program runs" },
  {
    // Sorted since Ruby 3.0: https://docs.ruby-lang.org/en/3.4/Dir.html#method-c-glob
    pattern: /^Dir\.glob$/,
    scope: "constant",
    says: "gives its items by name: the same until what it lists changes",
  },
  {
    pattern: /^Dir\.(?:children|entries|each_child)$/,
    scope: "request",
    says: "gives its items in no fixed order: the text may differ although they are the same",
  },
];
