function Get-HimdsToken {
    <#
    .SYNOPSIS
    Gets a token of this machine's managed identity.

    .DESCRIPTION
    Gets an access token from the managed identity service of this machine: the Azure Connected Machine agent's (HIMDS) on an
    Azure Arc-enabled server, the instance metadata service (IMDS) on an Azure VM. Nobody signs in and no secret is stored.

    Tokens are cached in the process, for all its runspaces, and renewed before they expire. So call this function wherever a
    token is needed, instead of keeping the token.

    On an Arc-enabled server the user must be able to read the agent's key files: on Linux as root or a member of the group
    himds, on Windows as an administrator or a member of the group "Hybrid agent extension applications".

    An error is written, not thrown; its id begins with Himds.<kind>, and it says what to do. With -ErrorAction Stop it ends the
    script. $Error[0].Exception has Kind, Status, Hint, HttpStatus, ServerError, ServerErrorDescription, CorrelationId,
    Attempts and RetryAfter.

    .PARAMETER Resource
    What the token is for, for example https://management.azure.com, https://vault.azure.net or https://storage.azure.com. A
    scope such as https://vault.azure.net/.default works too. For several you get one token each. From the pipeline: strings, or
    objects with a property Resource or ResourceUrl.

    .PARAMETER ForceRefresh
    Does not take the token from this process's cache, and asks the service to skip its own if it can (Arc agents from 1.66).

    .PARAMETER AsPlainText
    Returns the token itself, as a string, for programs that take it in that form. Keep it out of files and logs.

    .PARAMETER AsHeader
    Returns a hashtable with the header Authorization, for the parameter Headers of Invoke-RestMethod in Windows PowerShell 5.1 and
    in PowerShell 7.

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
    $token = Get-HimdsToken https://vault.azure.net

    Gets a token for Key Vault. $token.Token is a SecureString, $token.ExpiresOn says how long it is valid.

    .EXAMPLE
    $uri = 'https://management.azure.com/subscriptions?api-version=2022-12-01'
    Invoke-RestMethod -Uri $uri -Headers (Get-HimdsToken https://management.azure.com -AsHeader)

    Calls Azure Resource Manager as this machine, in Windows PowerShell 5.1 and in PowerShell 7.

    .EXAMPLE
    $uri = 'https://management.azure.com/subscriptions?api-version=2022-12-01'
    $token = Get-HimdsToken https://management.azure.com
    Invoke-RestMethod -Uri $uri -Authentication Bearer -Token $token.Token

    The same in PowerShell 7, in which the token stays in its SecureString.

    .EXAMPLE
    'https://management.azure.com', 'https://vault.azure.net' | Get-HimdsToken -ErrorAction Stop

    Gets two tokens, and ends the script if one of them is not available.

    .EXAMPLE
    Get-HimdsToken https://storage.azure.com -ClientId 00000000-0000-0000-0000-000000000000

    Gets a token of a user-assigned identity.

    .INPUTS
    System.String

    The resource.

    .OUTPUTS
    Himds.Abi1.AccessToken

    By default: Token (SecureString), ExpiresOn and RefreshOn (DateTimeOffset; RefreshOn may be empty), Resource, Type. It is
    serialised without its token: a job or a remote session hands back the other properties only.

    .OUTPUTS
    System.String

    With -AsPlainText.

    .OUTPUTS
    System.Collections.Hashtable

    With -AsHeader.

    .LINK
    Get-HimdsClaim

    .LINK
    Test-Himds
    #>
    [CmdletBinding(DefaultParameterSetName = 'Token', PositionalBinding = $false,
        HelpUri = 'https://github.com/himds/himds/blob/main/docs/powershell.md')]
    [OutputType('Himds.Abi1.AccessToken', ParameterSetName = 'Token')]
    [OutputType([string], ParameterSetName = 'PlainText')]
    [OutputType([hashtable], ParameterSetName = 'Header')]
    param(
        # An empty resource is let through: the library refuses it by its own number and with a hint.
        [Parameter(Mandatory, Position = 0, ValueFromPipeline, ValueFromPipelineByPropertyName)]
        [Alias('ResourceUrl')]
        [AllowEmptyString()]
        [ArgumentCompleter({ [Himds.Abi1.Completion]::Resources($args[2]) })]
        [string[]] $Resource,

        [switch] $ForceRefresh,

        # Each switch belongs to every set, so that one that is splatted as $false does not count.
        [Parameter(Mandatory, ParameterSetName = 'PlainText')]
        [Parameter(ParameterSetName = 'Header')]
        [Parameter(ParameterSetName = 'Token')]
        [switch] $AsPlainText,

        [Parameter(Mandatory, ParameterSetName = 'Header')]
        [Parameter(ParameterSetName = 'PlainText')]
        [Parameter(ParameterSetName = 'Token')]
        [switch] $AsHeader,

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
        if ($AsPlainText -and $AsHeader) {
            $PSCmdlet.ThrowTerminatingError([System.Management.Automation.ErrorRecord]::new(
                    [System.ArgumentException]::new('Give -AsPlainText or -AsHeader, not both.'),
                    'AmbiguousParameterSet', [System.Management.Automation.ErrorCategory]::InvalidArgument, $null))
        }
    }

    process {
        foreach ($one in $Resource) {
            $token = Receive-HimdsToken -Cmdlet $PSCmdlet -BoundParameters $PSBoundParameters -Resource $one
            if ($null -eq $token) {
                continue
            }
            if ($AsPlainText) {
                $token.GetSecret()
            }
            elseif ($AsHeader) {
                @{ Authorization = $token.GetAuthorizationHeader() }
            }
            else {
                $token
            }
        }
    }
}
