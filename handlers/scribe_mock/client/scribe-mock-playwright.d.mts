// Types of scribe-mock-playwright.mjs.

import type {
  PlaywrightTestArgs,
  PlaywrightTestOptions,
  PlaywrightWorkerArgs,
  PlaywrightWorkerOptions,
  TestType,
} from "@playwright/test";
import type { Scope } from "./scribe-mock.mjs";

export { expect } from "@playwright/test";

export interface ScribeMockArgs {
  /** A scope of this test alone, with a token of its own. */
  scribeMock: Scope<string>;
}

export interface ScribeMockOptions {
  /** `http://host:port` of the mock; set it under `use` in playwright.config. */
  scribeMockUrl: string;
}

export const test: TestType<
  PlaywrightTestArgs & PlaywrightTestOptions & ScribeMockArgs & ScribeMockOptions,
  PlaywrightWorkerArgs & PlaywrightWorkerOptions
>;
