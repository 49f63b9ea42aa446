"""uvicorn's protocols with bounds, and the error envelope for what uvicorn refuses itself.

These errors belong to no operation, so the spec has them in prose and under `x-outside-operations`:
400 for what is not HTTP, 408 for a request that stalls, 431 for a head that is too large.

This package alone uses names of uvicorn that uvicorn does not promise to keep; a test checks that
each exists in the installed version:

- `HttpToolsProtocol`: `.cycle`, `.expect_100_continue`, `.flow`, `.headers`, `.parser`,
  `.pipeline`, `.url`, `.loop`, `.transport`, `._should_upgrade`, `.send_400_response`,
  `._start_asgi_task`, `.timeout_keep_alive`, `.timeout_keep_alive_handler`,
  `.on_response_complete`, `.shutdown`
- `RequestResponseCycle`: `.body`, `.default_headers`, `.disconnected`, `.flow`, `.keep_alive`,
  `.message_event`, `.more_body`, `.response_complete`, `.response_started`, `.scope`, `.send`,
  `.transport`, `.on_response`, `STATUS_LINE`, `HEADER_VALUE_RE`
- `FlowControl`: `.pause_reading`, `.read_paused`, `.write_paused`, and `HIGH_WATER_LIMIT`
- `WebSocketsSansIOProtocol`: `.conn`, `.handle_connect`, `.handle_events`,
  `.handle_parser_exception`, `.handle_ping`, `.handshake_complete`, `.scope`, `.transport`
- `Server`: `.server_state`, `.lifespan`, `.servers`, `._captured_signals`
"""
