"""Names that the manifest may tell, block by block: what is not named here stays in the record.

A list of what may pass, and not of what may not: new fields, own namespaces and maker's inventions
are kept back until somebody has looked at them.
"""

from __future__ import annotations


def _words(names: str) -> list[str]:
    return names.split()


# Shown with every privacy but `minimal`: how a picture was taken and what its author says of it.
# Left out: places; serial numbers, owners and host names, which tell one device or person from
# another; weather and pressure, which tell where; machine-written comments.
_TAKEN = _words(
    """
    ExposureTime FNumber ExposureProgram SpectralSensitivity PhotographicSensitivity
    ISOSpeedRatings SensitivityType StandardOutputSensitivity RecommendedExposureIndex
    ISOSpeed ExifVersion DateTimeOriginal DateTimeDigitized OffsetTime OffsetTimeOriginal
    OffsetTimeDigitized ComponentsConfiguration CompressedBitsPerPixel ShutterSpeedValue
    ApertureValue BrightnessValue ExposureBiasValue MaxApertureValue SubjectDistance
    MeteringMode LightSource Flash FocalLength SubjectArea SubSecTime SubSecTimeOriginal
    SubSecTimeDigitized FlashpixVersion ColorSpace PixelXDimension PixelYDimension
    FlashEnergy FocalPlaneXResolution FocalPlaneYResolution FocalPlaneResolutionUnit
    ExposureIndex SensingMethod FileSource SceneType CustomRendered ExposureMode
    WhiteBalance DigitalZoomRatio FocalLengthIn35mmFilm SceneCaptureType GainControl
    Contrast Saturation Sharpness SubjectDistanceRange LensSpecification LensMake LensModel
    CompositeImage Gamma Lens LensInfo
    """
)
_MADE = _words(
    """
    ImageDescription Make Model Orientation XResolution YResolution ResolutionUnit Software
    DateTime Artist WhitePoint PrimaryChromaticities YCbCrCoefficients YCbCrPositioning
    ReferenceBlackWhite Rating RatingPercent Copyright UniqueCameraModel DocumentName
    PageName ImageWidth ImageLength BitsPerSample Compression PhotometricInterpretation
    SamplesPerPixel
    """
)
_EXIF_TEXTS = _words(
    """
    XPTitle XPComment XPAuthor XPKeywords XPSubject ImageTitle Photographer ImageEditor
    RAWDevelopingSoftware ImageEditingSoftware MetadataEditingSoftware CameraFirmware
    """
)

EXIF = frozenset([*_TAKEN, *_MADE, *_EXIF_TEXTS])

IPTC = frozenset(
    _words(
        """
    ObjectName EditStatus Urgency SubjectReference Category SupplementalCategories Keywords
    SpecialInstructions DateCreated TimeCreated DigitalCreationDate DigitalCreationTime
    OriginatingProgram ProgramVersion ObjectCycle By-line By-lineTitle
    OriginalTransmissionReference Headline Credit Source CopyrightNotice Caption-Abstract
    Writer-Editor LanguageIdentifier
    """
    )
)


def _named(prefix: str, names: str) -> list[str]:
    return [f"{prefix}:{name}" for name in names.split()]


XMP = frozenset(
    [
        *(f"exif:{name}" for name in _TAKEN),
        *(f"exifEX:{name}" for name in _TAKEN),
        *(f"tiff:{name}" for name in _MADE),
        *_named("aux", "Lens LensInfo LensID ImageNumber FlashCompensation"),
        *_named(
            "dc",
            "title description creator rights subject format language type publisher contributor"
            " date",
        ),
        *_named("xmp", "CreateDate ModifyDate MetadataDate CreatorTool Rating Label"),
        *_named("xmpRights", "Marked Owner UsageTerms WebStatement"),
        *_named("xmpMM", "DocumentID InstanceID OriginalDocumentID"),
        *_named("xmpTPg", "NPages HasVisibleTransparency HasVisibleOverprint"),
        *_named(
            "xmpDM",
            "artist album genre composer releaseDate copyright trackNumber discNumber engineer"
            " logComment",
        ),
        *_named(
            "photoshop",
            "Headline Credit Source DateCreated AuthorsPosition CaptionWriter Category"
            " SupplementalCategories Instructions Urgency ColorMode TransmissionReference",
        ),
        *_named(
            "Iptc4xmpCore",
            "IntellectualGenre Scene SubjectCode AltTextAccessibility ExtDescrAccessibility",
        ),
        *_named("Iptc4xmpExt", "DigitalSourceType MaxAvailHeight MaxAvailWidth"),
        *_named(
            "plus",
            "CreditLineRequired DataMining ImageDuplicationConstraints ModelReleaseStatus"
            " PropertyReleaseStatus MinorModelAgeDisclosure",
        ),
        *_named("pdf", "Keywords Producer PDFVersion Trapped"),
        *_named("pdfaid", "part conformance amd"),
        *_named("pdfuaid", "part amd rev"),
        *_named("cc", "license attributionName attributionURL useGuidelines"),
        *_named("MicrosoftPhoto", "Rating"),
        # Panoramas, motion photographs and gain maps: what a viewer needs.
        *_named(
            "GPano",
            "ProjectionType UsePanoramaViewer CroppedAreaImageHeightPixels"
            " CroppedAreaImageWidthPixels CroppedAreaLeftPixels CroppedAreaTopPixels"
            " FullPanoHeightPixels FullPanoWidthPixels PoseRollDegrees PosePitchDegrees"
            " InitialHorizontalFOVDegrees LargestValidInteriorRectLeft"
            " LargestValidInteriorRectTop LargestValidInteriorRectWidth"
            " LargestValidInteriorRectHeight",
        ),
        *_named(
            "GCamera",
            "MicroVideo MicroVideoVersion MicroVideoOffset MicroVideoPresentationTimestampUs"
            " MotionPhoto MotionPhotoVersion MotionPhotoPresentationTimestampUs",
        ),
        *_named("Container", "Directory Item"),
        *_named("Item", "Mime Semantic Length Padding Label"),
        *_named(
            "hdrgm",
            "Version GainMapMin GainMapMax Gamma OffsetSDR OffsetHDR HDRCapacityMin HDRCapacityMax"
            " BaseRenditionIsHDR",
        ),
    ]
)

TAGS = frozenset(
    _words(
        """
    title artist album album_artist track track_total disc disc_total genre composer
    performer director publisher copyright description comment keywords lyrics bpm isrc
    season episode show encoder make model software source date created_at cover_art
    grouping conductor
    """
    )
)

# With `minimal`: what a player or a viewer needs, and the notice that a rights holder wants seen.
RIGHTS = frozenset(
    {"Copyright", "CopyrightNotice", "dc:rights", "xmpRights:UsageTerms", "copyright"}
)
MINIMAL_IMAGE = frozenset(
    _words(
        """
    has_alpha is_animated frame_count page_count bit_depth color_space average_color
    dominant_color thumbhash thumbhash_url phash truncated damaged
    """
    )
)
MINIMAL_VIDEO = frozenset(
    _words(
        """
    codec profile level width height coded_width coded_height pixel_aspect_ratio rotation
    frame_rate frame_rate_fraction frame_rate_mode frame_count scan_type bitrate
    bitrate_mode duration pixel_format bit_depth chroma_subsampling hdr_format
    color_primaries color_transfer color_matrix color_range mastering_primaries
    mastering_luminance_min mastering_luminance_max max_content_light_level
    max_frame_average_light_level language
    """
    )
)
MINIMAL_AUDIO = frozenset(
    _words(
        """
    codec profile bitrate bitrate_mode sample_rate bit_depth channels channel_layout
    duration lossless language default
    """
    )
)
MINIMAL_SUBTITLE = frozenset({"codec", "language", "default", "forced"})
MINIMAL_CHAPTER = frozenset({"start"})
MINIMAL_DOCUMENT = frozenset(
    _words(
        """
    page_count page_size page_sizes version encrypted password_required tagged pdfa pdfua
    has_forms has_javascript has_macros has_text_layer word_count slide_count sheet_count
    """
    )
)
MINIMAL_PAGE_SIZE = frozenset({"width", "height", "rotation", "first", "last"})

# Profiles that many devices share; the name of any other may be a device's or its owner's.
KNOWN_PROFILES = frozenset(
    {
        "sRGB IEC61966-2.1",
        "sRGB IEC61966-2-1 black scaled",
        "sRGB built-in",
        "sRGB",
        "c2",
        "Display P3",
        "Adobe RGB (1998)",
        "ProPhoto RGB",
        "ROMM RGB: ISO 22028-2:2013",
        "Rec. ITU-R BT.709-5",
        "Rec. ITU-R BT.2020-1",
        "Generic RGB Profile",
        "Generic Gray Profile",
        "Generic Gray Gamma 2.2 Profile",
        "Dot Gain 20%",
        "Gray Gamma 2.2",
        "Coated FOGRA39 (ISO 12647-2:2004)",
        "Coated FOGRA27 (ISO 12647-2:2004)",
        "U.S. Web Coated (SWOP) v2",
        "Japan Color 2001 Coated",
    }
)
