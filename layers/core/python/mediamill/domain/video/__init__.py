"""Video and sound: a film in; its poster, storyboard and preview out; a sound in,
and one for the web out, with what players show of it.

make        file → Product, Told …     making.py    all of it, in order
isolated    the same in a child that may hang or crash, and reads through its parent
ready       loads in the parent what each child would

demuxer_of  media type → FFmpeg's demuxer    demuxers.py
opened      file → container                 opening.py
Stills      container → frame at a moment    stills.py
look        frame → does it say something?   looking.py
storyboard  stills → sheets and a list       storyboard.py, vtt.py
preview     stills → seconds that move       preview.py
sound       samples → for the web, loudness  sound.py, websound.py, meter.py
Peaks …     samples → peaks, a picture       peaks.py, waveform.py
text_tracks container → WebVTT, chapters     text.py, ass.py, vtt.py
shown       frame → upright, square, SDR     display.py, tone.py, small.py
mosaic …    frames → WebP, MP4               writing.py
"""

from mediamill.domain.video.demuxers import CONTENT_TYPES
from mediamill.domain.video.isolate import isolated, ready
from mediamill.domain.video.making import Told, make
from mediamill.domain.video.opening import Medium

__all__ = ["CONTENT_TYPES", "Medium", "Told", "isolated", "make", "ready"]
