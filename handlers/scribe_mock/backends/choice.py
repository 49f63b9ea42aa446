"""Which backend a server has, by its setting `store`."""

from scribe_mock.backends.memory_backend import MemoryBackend
from scribe_mock.settings import Settings
from scribe_mock.store_address import is_redis, sqlite_file


def backend_of(settings: Settings) -> MemoryBackend:
    """The backend of a server; raises StoreError.

    The others are imported only where they are used: redis-py takes a tenth of the time of a start.
    """
    if is_redis(settings.store):
        from scribe_mock.backends.redis_backend import RedisBackend

        return RedisBackend(settings)
    file = sqlite_file(settings.store)
    if file is None:
        return MemoryBackend(settings)
    from scribe_mock.backends.sqlite_backend import SqliteBackend

    return SqliteBackend(settings, file)
