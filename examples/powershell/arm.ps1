<#
.SYNOPSIS
Lists the resources in this machine's own resource group: Azure Resource Manager, called as this machine.

.DESCRIPTION
The machine's identity needs the role Reader on the group.
#>
[CmdletBinding()]
param()

$ErrorActionPreference = 'Stop'

# snippet: arm
$compute = (Get-HimdsMetadata).compute
$group = "https://management.azure.com/subscriptions/$($compute.subscriptionId)/resourceGroups/$($compute.resourceGroupName)"
$headers = Get-HimdsToken -Resource 'https://management.azure.com' -AsHeader

$answer = Invoke-RestMethod -Uri "$group/resources?api-version=2021-04-01" -Headers $headers
$answer.value | Select-Object -Property 'name', 'type', 'location'
# end of snippet
