import { element } from "./dom";
import type { PreferenceStore } from "./preferences";

/** The dark style sheet is in force when the system is dark, or when the user has said so. */
export function showTheme(preferences: PreferenceStore): void {
  const sheet = element("dark", HTMLLinkElement);
  const button = element("theme", HTMLButtonElement);
  const system = matchMedia("(prefers-color-scheme: dark)");
  const isDark = () => (preferences.current.theme ?? (system.matches ? "dark" : "light")) === "dark";
  const apply = () => {
    const { theme } = preferences.current;
    sheet.media = theme === undefined ? system.media : theme === "dark" ? "all" : "not all";
    button.setAttribute("aria-pressed", String(isDark()));
  };
  system.addEventListener("change", apply);
  button.addEventListener("click", () => {
    preferences.set({ theme: isDark() ? "light" : "dark" });
    apply();
  });
  apply();
}
