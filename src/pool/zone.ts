/**
 * Which exits are drawn from first. `USABLE`: may be taken. `OUT`: benched, or on probation with an attempt under way; only where nothing
 * is usable, or too little. `BARRED`: an operator said no.
 */
export const USABLE = 0;
export const OUT = 1;
export const BARRED = 2;
export type Zone = typeof USABLE | typeof OUT | typeof BARRED;
