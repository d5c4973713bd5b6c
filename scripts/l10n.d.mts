export const bundlePath: string;
export function allMessages(): Promise<{ messages: string[]; problems: string[] }>;
export function bundleOf(messages: string[]): string;
