/** What functions of PHP, and of frameworks that are in most programs, say about how often their value changes. */
import type { KnownCall } from "../volatile.ts";

const never = "gives another text in every call";

export const phpCalls: readonly KnownCall[] = [
  // https://www.php.net/manual/en/ref.datetime.php, https://carbon.nesbot.com/docs/
  {
    pattern:
      /^(?:time|microtime|hrtime|date|gmdate|now|DateTime(?:Immutable)?|uniqid)$|^Carbon(?:Immutable)?\.now\b/,
    scope: "volatile",
    says: never,
  },
  {
    pattern: /^today$|^Carbon(?:Immutable)?\.(?:today|tomorrow|yesterday)\b/,
    scope: "day",
    says: "gives the day: it changes once a day",
  },
  {
    pattern: /^(?:rand|mt_rand|random_int|random_bytes|array_rand|shuffle|spl_object_id|lcg_value)$/,
    scope: "volatile",
    says: never,
  },
  { pattern: /^Str\.(?:uuid|ulid|random|orderedUuid)$|^Uuid\.(?:uuid|v)\d$/, scope: "volatile", says: never },
  {
    pattern: /^(?:getenv|env|config)$|^\$_ENV\b|^Config\.get$/,
    scope: "constant",
    says: "reads the configuration: fixed at deployment",
  },
  {
    pattern: /^(?:php_uname|gethostname|phpversion|PHP_OS|PHP_VERSION)$/,
    scope: "constant",
    says: "speaks of the machine: fixed at deployment",
  },
  { pattern: /^getcwd$/, scope: "session", says: "speaks of where the program runs" },
  {
    // Both sort by name unless told otherwise: https://www.php.net/scandir, https://www.php.net/glob
    pattern: /^(?:glob|scandir)$/,
    scope: "constant",
    says: "gives its items by name: the same until what it lists changes",
  },
  {
    pattern: /^readdir$/,
    scope: "request",
    says: "gives its items in no fixed order: the text may differ although they are the same",
  },
];
