"""Where is this machine: subscription, resource group and tags."""

import himds

metadata = himds.Client().metadata()
print(metadata.subscription_id, metadata.resource_group, metadata.name)
for name, value in metadata.tags.items():
    print(f"{name} = {value}")
print(metadata["compute"]["sku"])  # the whole document is there, as a mapping
