"""Static files get hashed names, also inside `import './x.js'`."""

from django.contrib.staticfiles.storage import staticfiles_storage
from servestatic.storage import CompressedManifestStaticFilesStorage


class ModuleAwareManifestStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]
    support_js_module_import_aggregation = True


def version() -> str:
    """Another one after every deployment that changed a file; a screen that never leaves its page asks for it."""
    return str(getattr(staticfiles_storage, "manifest_hash", ""))
