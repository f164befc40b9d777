import type { Socket } from "node:net";

/** The field of a socket that Node names by a symbol with this description; null: this Node has none. */
export function innerField(socket: Socket, description: string): symbol | null {
  return Object.getOwnPropertySymbols(socket).find((symbol) => symbol.description === description) ?? null;
}
