import type { HostPort } from "../core/address.ts";
import type { Report } from "../core/event.ts";
import type { AdminSettings } from "../core/settings.ts";
import type { AdminSources } from "./page.ts";
import { type AdminServer, startAdmin } from "./server.ts";

/** The admin listener where the config wants one, and where it wants it. */
export class AdminDoor implements AsyncDisposable {
  readonly #sources: AdminSources;
  readonly #report: Report;
  #settings: AdminSettings | null = null;
  #server: AdminServer | null = null;

  constructor(sources: AdminSources, report: Report) {
    this.#sources = sources;
    this.#report = report;
  }

  /** Null: it is closed. */
  get address(): HostPort | null {
    return this.#server?.address ?? null;
  }

  /**
   * Opens, moves or closes it, or changes its token. A new address is opened before the old one is closed: where that throws, all is as it
   * was.
   */
  async configure(settings: AdminSettings | null): Promise<void> {
    const before = this.#server;
    const stays = settings !== null && settings.host === this.#settings?.host && settings.port === this.#settings.port;
    if (before !== null && stays) {
      before.changeToken(settings.token);
    } else {
      const sources = this.#sources;
      this.#server = settings === null ? null : await startAdmin({ ...settings, sources, report: this.#report });
      await before?.[Symbol.asyncDispose]();
    }
    this.#settings = settings;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server?.[Symbol.asyncDispose]();
  }
}
