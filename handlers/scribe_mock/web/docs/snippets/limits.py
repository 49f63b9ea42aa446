import httpx

API = "http://127.0.0.1:8080/voice/v1"
capabilities = httpx.get(f"{API}/.well-known/medscribealliance").json()["capabilities"]
print(capabilities["max_chunk_duration_seconds"], capabilities["upload_methods"])
