function Get-HimdsMetadata {
    <#
    .SYNOPSIS
    Gets what Azure knows about this machine.

    .DESCRIPTION
    Gets the instance metadata from the machine's metadata service: name, subscription, resource group, location, tags and more.
    No permission is needed, and on an Azure Arc-enabled server the service answers even when the agent is disconnected. The
    metadata is requested on every call.

    On an Arc-enabled server many members that a VM has are empty, and network has nothing in it. Read the tags from tagsList:
    in the joined string in tags, a value's own ':' and ';' cannot be told from the separators.

    .PARAMETER Path
    A JSON pointer (RFC 6901) to the part to get, for example /compute/subscriptionId or /compute/tagsList/0/value.
    Letter case matters. Without it the whole document is returned.

    .PARAMETER Raw
    Returns JSON text instead of objects: the whole document as the service sent it; a part with its numbers and escapes
    written in the usual way.

    .PARAMETER Source
    The service to use: Himds (Azure Arc-enabled server), Imds (Azure VM), or Auto, which finds out from what is installed and
    set on this machine. Get-HimdsSource tells which one that is, and why.

    .PARAMETER Endpoint
    The base URL of the service, instead of its usual one, for example http://127.0.0.1:40342. Only addresses of this machine
    are allowed, and 169.254.169.254 for Imds. It does not choose the source.

    .PARAMETER TokenDirectory
    The absolute path of the directory in which the agent puts its key files, instead of the usual one. Only for Himds.

    .PARAMETER TimeoutSec
    How long, in seconds, the call may take in all, retries included. Fractions are allowed. The default is 30.

    .PARAMETER WaitForServiceSec
    How long, in seconds, to keep trying a service that is not listening yet, within TimeoutSec: for a script that starts before
    the agent, at boot. The default is 0: such a service is the error Himds.unavailable at once.

    .PARAMETER ClientId
    The client (application) id of a user-assigned identity. Without it, and without ObjectId and ResourceId, the machine's own
    identity is used. Give at most one of the three; two are the error Himds.configuration.

    .PARAMETER ObjectId
    The object (principal) id of a user-assigned identity.

    .PARAMETER ResourceId
    The Azure resource id of a user-assigned identity:
    /subscriptions/<subscription>/resourceGroups/<group>/providers/Microsoft.ManagedIdentity/userAssignedIdentities/<name>

    .EXAMPLE
    (Get-HimdsMetadata).compute.tagsList

    Lists this machine's tags.

    .EXAMPLE
    $subscription = Get-HimdsMetadata /compute/subscriptionId

    Gets one string.

    .EXAMPLE
    Get-HimdsMetadata -Raw | Set-Content -Path machine.json

    Keeps the whole document.

    .INPUTS
    None

    .OUTPUTS
    System.Management.Automation.PSCustomObject

    The document or the part; a string, a number or a boolean if the path leads to one. The elements of a list one by one.

    .OUTPUTS
    System.String

    With -Raw.

    .LINK
    Get-HimdsSource
    #>
    [CmdletBinding(PositionalBinding = $false,
        HelpUri = 'https://github.com/himds/himds/blob/main/docs/powershell.md')]
    [OutputType('Himds.Metadata')]
    [OutputType([pscustomobject])]
    [OutputType([string])]
    param(
        [Parameter(Position = 0)]
        [ArgumentCompleter({ [Himds.Abi1.Completion]::Pointers($args[2]) })]
        [string] $Path = '',

        [switch] $Raw,

        [ValidateSet('Auto', 'Himds', 'Imds')]
        [string] $Source = 'Auto',

        [string] $Endpoint,

        [string] $TokenDirectory,

        [double] $TimeoutSec = 30,

        [double] $WaitForServiceSec = 0,

        [string] $ClientId,

        [string] $ObjectId,

        [string] $ResourceId
    )

    begin {
        $ErrorActionPreference, $VerbosePreference = Get-HimdsPreference -Cmdlet $PSCmdlet
    }

    process {
        $call = [Himds.Abi1.Clients]::StartGetMetadata(
            (Get-HimdsClientOption -BoundParameters $PSBoundParameters),
            (Get-HimdsRequestOption -BoundParameters $PSBoundParameters))
        $outcome = Wait-HimdsCall -Call $call
        if ($null -ne $outcome.Error) {
            Write-HimdsError -Cmdlet $PSCmdlet -Exception $outcome.Error -TargetObject $Path
            return
        }
        $metadata = $outcome.Value
        Write-Verbose -Message ('Metadata from the service in {0:N0} ms.' -f $call.Elapsed.TotalMilliseconds)

        $json = $metadata.Json
        if ($Path -ne '') {
            $part = $metadata.FindJson($Path)
            if ($null -ne $part.Error) {
                Write-HimdsError -Cmdlet $PSCmdlet -Exception $part.Error -TargetObject $Path
                return
            }
            $json = $part.Value
        }
        if ($Raw) {
            $json
        }
        elseif ($json.StartsWith('"')) {
            $metadata.Get($Path)
        }
        elseif ($json -eq 'null') {
            $null
        }
        else {
            $document = ConvertFrom-HimdsJson -Cmdlet $PSCmdlet -Json $json -TargetObject $Path
            if ($Path -eq '' -and $null -ne $document) {
                # For a view of its own: a table would have one cell, and would shape what a script prints next.
                $document.PSObject.TypeNames.Insert(0, 'Himds.Metadata')
            }
            $document
        }
    }
}
