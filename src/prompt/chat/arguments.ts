/** Variables of a template that a caller may set, such as `enable_thinking`: values of JSON, by name. */
export type ChatArguments = Readonly<Record<string, unknown>>;

/** Whether anything is among them. */
export function hasArguments(given: ChatArguments | undefined): given is ChatArguments {
  return given !== undefined && Object.keys(given).length > 0;
}
