import type { Rule, RuleAction, RuleWhen } from "../../core/rule.ts";

const ANY: RuleWhen = { status: [200], header: {}, body: [], slowerThan: null, fault: null, host: [] };
const BLOCKED: readonly RuleAction[] = ["blocked"];

/**
 * Block pages with the status of a page. The gateway does not look into every 200 for them; where somebody asks what one means, it is
 * looked at.
 */
export const DISGUISED_BLOCKS: readonly Rule[] = [
  disguised("f5-as-a-page", ["the requested url was rejected. please consult with your administrator.*your support id is"]),
  disguised("anubis", ["<title>making sure you're not a bot!</title>", "<title>making sure you&#39;re not a bot!</title>"]),
  disguised("imperva-as-a-page", ["request unsuccessful. incapsula incident id", 'src="/_incapsula_resource?*incident_id']),
  disguised("datadome-as-a-page", ["geo.captcha-delivery.com*var dd=", "var dd=*geo.captcha-delivery.com"]),
  disguised("cloudflare-as-a-page", ["<title>just a moment...</title>*_cf_chl_opt"]),
  disguised("amazon-robot-check-as-a-page", ["to discuss automated access to amazon data please contact"]),
];

function disguised(name: string, body: readonly string[]): Rule {
  return { name, when: { ...ANY, body }, actions: BLOCKED };
}
