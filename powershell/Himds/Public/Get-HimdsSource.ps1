function Get-HimdsSource {
    <#
    .SYNOPSIS
    Tells which managed identity service this machine has, and why that one was chosen.

    .DESCRIPTION
    Returns the service that the other functions use: the Azure Connected Machine agent's (Himds) or the Azure VM's (Imds). It is
    chosen from what is installed and set on this machine; nothing is sent, so it does not say whether the
    service answers. Test-Himds does.

    .PARAMETER Source
    The service to use: Himds (Azure Arc-enabled server), Imds (Azure VM), or Auto, which finds out from what is installed and
    set on this machine. Get-HimdsSource tells which one that is, and why.

    .PARAMETER Endpoint
    The base URL of the service, instead of its usual one, for example http://127.0.0.1:40342. Only addresses of this machine
    are allowed, and 169.254.169.254 for Imds. It does not choose the source.

    .PARAMETER TokenDirectory
    The absolute path of the directory in which the agent puts its key files, instead of the usual one. Only for Himds.

    .PARAMETER TimeoutSec
    How long, in seconds, the call may take in all, retries included. Fractions are allowed. The default is 30. This
    function sends nothing; it takes the parameter so that one set of parameters fits all functions of the module.

    .PARAMETER WaitForServiceSec
    How long, in seconds, to keep trying a service that is not listening yet. The default is 0. This function sends nothing; it
    takes the parameter so that one set of parameters fits all functions of the module.

    .PARAMETER ClientId
    The client (application) id of a user-assigned identity. Without it, and without ObjectId and ResourceId, the machine's own
    identity is used. Give at most one of the three; two are the error Himds.configuration.

    .PARAMETER ObjectId
    The object (principal) id of a user-assigned identity.

    .PARAMETER ResourceId
    The Azure resource id of a user-assigned identity:
    /subscriptions/<subscription>/resourceGroups/<group>/providers/Microsoft.ManagedIdentity/userAssignedIdentities/<name>

    .EXAMPLE
    Get-HimdsSource

    Shows source, endpoint and reason.

    .EXAMPLE
    if ((Get-HimdsSource).Source -eq 'Himds') { 'This is an Azure Arc-enabled server.' }

    Branches on the kind of machine.

    .INPUTS
    None

    .OUTPUTS
    Himds.Abi1.SourceInfo

    Source (Himds or Imds; empty on another kind of host, which the reason names), Endpoint, Reason.

    .LINK
    Test-Himds
    #>
    [CmdletBinding(PositionalBinding = $false,
        HelpUri = 'https://github.com/himds/himds/blob/main/docs/powershell.md')]
    [OutputType('Himds.Abi1.SourceInfo')]
    param(
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
        $found = [Himds.Abi1.Clients]::Describe((Get-HimdsClientOption -BoundParameters $PSBoundParameters))
        if ($null -ne $found.Error) {
            Write-HimdsError -Cmdlet $PSCmdlet -Exception $found.Error -TargetObject $Endpoint
            return
        }
        $found.Value
    }
}
