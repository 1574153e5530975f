<#
.SYNOPSIS
Lists the resources in this machine's own resource group: Azure Resource Manager, called as this machine.

.DESCRIPTION
The machine's identity needs the role Reader on the group.
#>
[CmdletBinding()]
param(
    # Another address of Azure Resource Manager, such as that of a national cloud.
    [string] $ResourceManager
)

$ErrorActionPreference = 'Stop'

# snippet: arm
if (-not $ResourceManager) { $ResourceManager = 'https://management.azure.com' }
$compute = (Get-HimdsMetadata).compute
$group = "/subscriptions/$($compute.subscriptionId)/resourceGroups/$($compute.resourceGroupName)"
$headers = Get-HimdsToken -Resource 'https://management.azure.com' -AsHeader

$answer = Invoke-RestMethod -Uri "$ResourceManager$group/resources?api-version=2021-04-01" -Headers $headers
# end of snippet
$answer.value | Select-Object -Property 'name', 'type', 'location'
