/** A generated workspace: templates of several formats that share beginnings and include each other's parts. */

export interface GeneratedFile {
  readonly path: string;
  readonly text: string;
}

/** Beginnings that templates share, and files that they include. */
const houses = 20;
const parts = 10;

const rules = (house: number, count: number) =>
  Array.from(
    { length: count },
    (_, at) =>
      `Rule ${at + 1} of house ${house}: answer case ${at * 7 + house} politely and in two sentences.`,
  ).join("\n");

const beginning = (house: number) => `You are the clerk of house ${house}.\n${rules(house, 6)}\n`;

/** How each format writes a file with an include and two holes. */
const writers: readonly ((number: number, begin: string, part: string) => GeneratedFile)[] = [
  (number, begin, part) => ({
    path: `prompts/jinja/${number}.j2`,
    text: `${begin}{% include "${part}.j2" %}\nCase word${number} of {{ customer_name }}.\n{{ question }}\n`,
  }),
  (number, begin, part) => ({
    path: `prompts/handlebars/${number}.hbs`,
    text: `${begin}{{> ${part}}}\nCase word${number} of {{customer_name}}.\n{{question}}\n`,
  }),
  (number, begin, part) => ({
    path: `prompts/liquid/${number}.liquid`,
    text: `${begin}{% render "${part}" %}\nCase word${number} of {{ customer_name }}.\n{{ question }}\n`,
  }),
  (number, begin, part) => ({
    path: `prompts/mustache/${number}.mustache`,
    text: `${begin}{{> ${part}}}\nCase word${number} of {{customer_name}}.\n{{question}}\n`,
  }),
  (number, begin, part) => ({
    path: `prompts/prompty/${number}.prompty`,
    text: `---\nname: case ${number}\n---\nsystem:\n${begin}{% include "${part}.j2" %}\nCase word${number}.\nuser:\n{{question}}\n`,
  }),
  (number, begin) => ({
    path: `prompts/dotprompt/${number}.prompt`,
    text: `---\nmodel: any\n---\n{{role "system"}}\n${begin}Case word${number}.\n{{role "user"}}\n{{question}}\n`,
  }),
  (number, begin) => ({
    path: `prompts/text/${number}.txt`,
    text: `${begin}Case word${number} of {customer_name}.\n{question}\n`,
  }),
  (number, begin) => ({
    path: `prompts/poml/${number}.poml`,
    text: `<poml><role>${begin}</role><task>Case word${number} of {{ customer_name }}: {{ question }}</task></poml>\n`,
  }),
];

/** So many prompts, numbered from 0, each with the word `wordN` of its own, and the files that some of them include. */
export function manyTemplates(count: number): readonly GeneratedFile[] {
  const prompts = Array.from({ length: count }, (_, number) =>
    writers[number % writers.length]!(number, beginning(number % houses), `part_${number % parts}`),
  );
  const included = Array.from({ length: parts }, (_, part) => {
    const text = `Part shared${part}: ${rules(part, 2)}`;
    return [
      { path: `prompts/jinja/part_${part}.j2`, text },
      { path: `prompts/prompty/part_${part}.j2`, text },
      { path: `prompts/handlebars/part_${part}.hbs`, text },
      { path: `prompts/liquid/_part_${part}.liquid`, text },
      { path: `prompts/mustache/part_${part}.mustache`, text },
    ];
  });
  return [...prompts, ...included.flat()];
}
