"""Where files of people are kept: a folder of this machine, or a bucket that speaks S3."""

from dispatch.files.addresses import Addresses
from dispatch.files.bucket import Bucket
from dispatch.files.folder import Folder
from dispatch.files.keeping import Files, Upload
from dispatch.files.photos import PHOTO_FOLDER, PhotoFiles, photos_in, photos_in_folder

__all__ = [
    "PHOTO_FOLDER",
    "Addresses",
    "Bucket",
    "Files",
    "Folder",
    "PhotoFiles",
    "Upload",
    "photos_in",
    "photos_in_folder",
]
