// Types of scribe-mock.mjs, for tools that look for them under this name.

export * from "./scribe-mock.mjs";
