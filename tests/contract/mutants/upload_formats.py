"""Faults in which audio types an upload may have."""

import re

from tests.contract.independent_server import TYPES, Refusal, Server
from tests.contract.mutants.mutant import mutant, note


@mutant("upload.row.7.format")
class UnsupportedIs415(Server):
    def bad_format(self, given):
        return Refusal(415, "unsupported_media_type")


@mutant("upload.row.7.format")
class UnsupportedHasAnotherCode(Server):
    def bad_format(self, given):
        return Refusal(400, "unsupported_format")


@mutant("upload.spelling.case")
class TypesAreCaseSensitive(Server):
    def parse_type(self, text):
        essence = text.partition(";")[0]
        return super().parse_type(text) if essence == essence.lower() else text


@mutant("upload.spelling.quoted")
class QuotedCodecsRefused(Server):
    def parse_type(self, text):
        return text if '"' in text else super().parse_type(text)


@mutant("upload.spelling.space")
class SpaceAroundSemicolonRefused(Server):
    def parse_type(self, text):
        return text if re.search(r"\s;|;\s", text) else super().parse_type(text)


@mutant("upload.spelling.parameter_case")
class ParameterNameIsCaseSensitive(Server):
    def parse_type(self, text):
        return text if re.search("C[Oo]", text) else super().parse_type(text)


@mutant("upload.near_miss.plain_webm")
class PlainWebmAccepted(Server):
    def parse_type(self, text):
        found = super().parse_type(text)
        return "audio/webm;codecs=opus" if found == "audio/webm" else found


@mutant("upload.near_miss.types", "upload.row.7.format")
class AnyAudioAccepted(Server):
    def parse_type(self, text):
        found = super().parse_type(text)
        return "audio/wav" if found.startswith("audio/") and found not in TYPES else found


@mutant("upload.near_miss.types")
class TypesByPrefix(Server):
    def parse_type(self, text):
        found = super().parse_type(text)
        return next((known for known in TYPES if found.startswith(known)), found)


@mutant("upload.near_miss.codecs")
class CodecsByPrefix(Server):
    def parse_type(self, text):
        found = super().parse_type(text)
        codecs = found.startswith(("audio/webm;codecs=", "audio/ogg;codecs="))
        return found.partition(";")[0] + ";codecs=opus" if codecs else found


@note("upload.near_miss.parameters")
class OtherParametersIgnored(Server):
    def parse_type(self, text):
        return re.sub(r";(?!codecs)[^;]*", "", super().parse_type(text)).replace(
            "mp3;codecs=mp3", "mp3"
        )


@note("upload.near_miss.codecs_case")
class CodecsWithoutCase(Server):
    def parse_type(self, text):
        return super().parse_type(text).lower()


@mutant("upload.format.m4a")
class M4aForgotten(Server):
    def parse_type(self, text):
        found = super().parse_type(text)
        return "audio/x-m4a" if found == "audio/m4a" else found


@note("published.ogg_opus", only=["upload.format", "upload.spelling", "single.format"])
class OggOpusForgotten(Server):
    def parse_type(self, text):
        found = super().parse_type(text)
        return "no" if found == "audio/ogg;codecs=opus" else found


@mutant("upload.infer.webm")
class NothingInferred(Server):
    def mime(self, call, name):
        if not call.first("content-type"):
            raise self.bad_format(name)
        return super().mime(call, name)


@mutant("upload.infer.unsupported")
class UnknownExtensionIsWebm(Server):
    def mime(self, call, name):
        if not call.first("content-type") and self.extension(name) not in ("wav", "mp3"):
            return "audio/webm;codecs=opus"
        return super().mime(call, name)


@note("upload.infer.upper")
class ExtensionsAreCaseSensitive(Server):
    def extension(self, name):
        return name.rpartition(".")[2]


@note("upload.infer.octet_stream", "upload.infer.form")
class GenericTypesRefused(Server):
    def parse_type(self, text):
        found = super().parse_type(text)
        return text if found == "generic" else found


@mutant("upload.row.7.format", "upload.near_miss.others")
class ExtensionBeatsHeader(Server):
    def mime(self, call, name):
        call.headers = [pair for pair in call.headers if pair[0] != "content-type"]
        return super().mime(call, name)
