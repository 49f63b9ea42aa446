// Playwright with the system's Chromium; nothing is downloaded.

import { defineConfig } from "@playwright/test";

export default defineConfig({
  testMatch: "*.spec.mjs",
  workers: 1,
  reporter: [["json", { outputFile: "playwright.json" }]],
  use: {
    scribeMockUrl: process.env.MOCK_URL,
    launchOptions: {
      executablePath: process.env.CHROMIUM,
      args: ["--no-sandbox", "--disable-gpu", "--disable-features=LocalNetworkAccessChecks"],
    },
  },
});
