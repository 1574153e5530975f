"""Get a token for Azure Key Vault, on an Arc-enabled server or an Azure VM."""

# snippet: token
import himds

client = himds.Client()
token = client.token("https://vault.azure.net")
print(f"{token.token_type} token for {token.resource}, {len(token.token)} characters")
# end of snippet
print(f"expires at {token.expires_on}, and {client.source} gave it: {client.source_reason}")
