"""Faults in times, and in the order of states."""

from datetime import timedelta

from tests.contract.independent_server import Server
from tests.contract.mutants.mutant import LONG, mutant


@mutant("state.forward", only=["state.completed.get"])
class GoesBack(Server):
    def state(self, session):
        state = super().state(session)
        if state == "completed":
            session.looks = getattr(session, "looks", 0) + 1
            return "processing" if session.looks == 3 else state
        return state


@mutant("state.table", only=["state.processing.get"])
class ProcessingIs200(Server):
    processing = LONG

    def http_status(self, state):
        return 200 if state == "processing" else super().http_status(state)


@mutant("state.table", only=["state.partial.get"])
class PartialIs200(Server):
    def http_status(self, state):
        return 200 if state == "partial" else super().http_status(state)


@mutant("time.utc", only=["create.answer"])
class TimesWithoutZone(Server):
    def stamp(self, moment):
        return moment.replace(tzinfo=None).isoformat()


@mutant("time.utc", only=["create.answer"])
class TimesInIndia(Server):
    def stamp(self, moment):
        return (moment + timedelta(hours=5, minutes=30)).strftime("%Y-%m-%dT%H:%M:%S+05:30")


@mutant("time.utc", only=["create.answer"])
class TimesAsNumbers(Server):
    def stamp(self, moment):
        return int(moment.timestamp())


@mutant("state.recording.get")
class StaysInitialized(Server):
    open_status = "initialized"

    def state(self, session):
        state = super().state(session)
        return "initialized" if state == "recording" else state


@mutant("time.order", only=["state.completed.get"])
class CreationMoves(Server):
    def shown(self, session, state, call):
        session.created += timedelta(seconds=7)
        return super().shown(session, state, call)


@mutant("time.order", only=["create.answer"])
class ExpiresBeforeCreation(Server):
    def created(self, session, call):
        early = self.stamp(session.created - timedelta(hours=1))
        return super().created(session, call) | {"expires_at": early}
