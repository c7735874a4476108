"""Where the catalogue is kept. The only place of the service that knows SQL."""

from services.catalogue.store.items import ItemFilter, Items
from services.catalogue.store.places import Places
from services.catalogue.store.tables import mechanisms, metadata

__all__ = ["ItemFilter", "Items", "Places", "mechanisms", "metadata"]
