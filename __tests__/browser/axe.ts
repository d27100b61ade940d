import { AxeBuilder } from "@axe-core/playwright";
import type { Page } from "playwright-core";

/**
 * What axe-core finds against a page's accessibility: a rule's id, and what breaks it.
 *
 * Its legacy mode leaves out a second page that frames of other origins would need, and only violations are collected:
 * a look takes a fifth of the time.
 *
 * @param part a CSS selector: what is looked at; the whole page without one
 */
export async function axeViolations(page: Page, part?: string): Promise<[string, unknown[]][]> {
  const axe = new AxeBuilder({ page }).setLegacyMode().options({ resultTypes: ["violations"] });
  if (part !== undefined) axe.include(part);
  const { violations } = await axe.analyze();
  return violations.map(({ id, nodes }) => [
    id,
    nodes.map(({ html, failureSummary }) => [html, failureSummary]),
  ]);
}
