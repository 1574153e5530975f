function Get-HimdsClaim {
    <#
    .SYNOPSIS
    Shows the claims in a token: whom it names, what it is for, how long it is valid.

    .DESCRIPTION
    Returns the claims of a token of this machine, or of any token that is passed, as an object. They show which identity and
    tenant a token names (oid, appid, xms_mirid, tid) and what it is for (aud).

    The signature is not verified. Claims are for people to read; only the service that takes the token can decide by them.

    .PARAMETER Resource
    What the token is for, for example https://management.azure.com. The token is the one that Get-HimdsToken gets. For
    several resources you get the claims of one token each. A string from the pipeline that has a colon is a resource too.

    .PARAMETER Token
    The token to read: the object that Get-HimdsToken returns (or another with a property Token, such as that of
    Get-AzAccessToken), a SecureString, or a string.

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
    Get-HimdsClaim https://management.azure.com

    Shows the claims of this machine's token for Azure Resource Manager.

    .EXAMPLE
    (Get-HimdsToken https://vault.azure.net | Get-HimdsClaim).oid

    Returns the object id of the identity that a token names: the one to assign a role to.

    .INPUTS
    System.Object

    A token object, a SecureString, or a string: a token, or a resource if it has a colon.

    .OUTPUTS
    System.Management.Automation.PSCustomObject

    The claims, unverified.

    .LINK
    Get-HimdsToken
    #>
    [CmdletBinding(DefaultParameterSetName = 'Resource', PositionalBinding = $false,
        HelpUri = 'https://github.com/himds/himds/blob/main/docs/powershell.md')]
    [OutputType([pscustomobject])]
    param(
        [Parameter(Mandatory, Position = 0, ParameterSetName = 'Resource')]
        [Alias('ResourceUrl')]
        [AllowEmptyString()]
        [ArgumentCompleter({ [Himds.Abi1.Completion]::Resources($args[2]) })]
        [string[]] $Resource,

        [Parameter(Mandatory, ValueFromPipeline, ParameterSetName = 'Token')]
        [AllowEmptyString()]
        [object] $Token,

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
        $values = @($Resource)
        if ($PSCmdlet.ParameterSetName -eq 'Token') {
            $values = @($Token)
        }
        foreach ($value in $values) {
            $target = $null
            $secret = $null
            # A text from the pipeline that has a colon: a resource is often a URI, and a token never has one.
            $piped = $PSCmdlet.MyInvocation.ExpectingInput -and $value -is [string] -and $value.Contains(':')
            if ($PSCmdlet.ParameterSetName -eq 'Resource' -or $piped) {
                $target = $value
                $secret = Receive-HimdsToken -Cmdlet $PSCmdlet -BoundParameters $PSBoundParameters -Resource $value
                if ($null -eq $secret) {
                    continue
                }
            }
            elseif ($value -is [Himds.Abi1.AccessToken] -or $value -is [string] -or $value -is [securestring]) {
                $secret = $value
            }
            elseif ($null -ne $value -and $null -ne $value.PSObject.Properties['Token']) {
                $secret = $value.Token
            }

            $claims = [Himds.Abi1.Claims]::Read($secret)
            if ($null -ne $claims.Error) {
                Write-HimdsError -Cmdlet $PSCmdlet -Exception $claims.Error -TargetObject $target
                continue
            }
            ConvertFrom-HimdsJson -Cmdlet $PSCmdlet -Json $claims.Value -TargetObject $target
        }
    }
}
