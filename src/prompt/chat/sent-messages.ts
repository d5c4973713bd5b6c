import type { Role } from "../template.ts";

/**
 * The messages as they are sent to a chat server. Text without a role is a question: a lone prompt is sent as one message
 * of the user. White space between the roles of a template is no message.
 */
export function sentMessages<T extends { readonly role: Role | null; readonly content: string }>(
  messages: readonly T[],
): readonly (Omit<T, "role"> & { readonly role: Role })[] {
  const hasRoles = messages.some(({ role }) => role !== null);
  return messages
    .filter(({ role, content }) => !hasRoles || role !== null || content.trim() !== "")
    .map((message) => ({ ...message, role: message.role ?? "user" }));
}
