"""Everything about audio: types, container formats, decoding, speech, cutting, findings."""
