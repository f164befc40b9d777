import type { ListenerSettings } from "../core/settings.ts";
import type { ExchangeContext } from "../exchange/context.ts";
import type { Admission, InFlight } from "./admission.ts";

/** What the parts of a forward listener share. Settings and admission are replaced as a whole by a reload. */
export interface ForwardService {
  readonly context: ExchangeContext;
  settings: ListenerSettings;
  admission: Admission;
  readonly inFlight: InFlight;
  /** The listener can be reached from other machines. */
  readonly isPublic: boolean;
  readonly isDraining: () => boolean;
}
