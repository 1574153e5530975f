function Test-Himds {
    <#
    .SYNOPSIS
    Checks whether this machine's managed identity works, and says what to do if it does not.

    .DESCRIPTION
    Checks what a person would check: which service was chosen and why, whether the agent is installed and listens, whether
    this process may read the agent's key files, proxies, half-set variables, another cloud's metadata service, the clock; and
    gets a token for Azure Resource Manager, not from the cache. Each check is one finding, with what was seen and what to do.

    No error is written for what is found: a finding that explains why there is no token has the status Failed.

    .PARAMETER Quiet
    Returns $true if a token is available, otherwise $false.

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
    How long, in seconds, to keep trying a service that is not listening yet when the token is requested, within TimeoutSec. The
    default is 0: such a service is a finding at once.

    .PARAMETER ClientId
    The client (application) id of a user-assigned identity. Without it, and without ObjectId and ResourceId, the machine's own
    identity is used. Give at most one of the three; two are the error Himds.configuration.

    .PARAMETER ObjectId
    The object (principal) id of a user-assigned identity.

    .PARAMETER ResourceId
    The Azure resource id of a user-assigned identity:
    /subscriptions/<subscription>/resourceGroups/<group>/providers/Microsoft.ManagedIdentity/userAssignedIdentities/<name>

    .EXAMPLE
    Test-Himds

    Shows all findings.

    .EXAMPLE
    Test-Himds | Where-Object -Property Status -NE -Value 'Ok' | Format-List

    Shows what is wrong and how to fix it.

    .EXAMPLE
    if (-not (Test-Himds -Quiet)) { throw 'This machine has no working managed identity.' }

    Ends a script early.

    .INPUTS
    None

    .OUTPUTS
    Himds.Abi1.Finding

    Name, Status (Ok, Warning, Failed), Detail, Fix, ElapsedMs.

    .OUTPUTS
    System.Boolean

    With -Quiet.

    .LINK
    Get-HimdsSource
    #>
    [CmdletBinding(PositionalBinding = $false,
        HelpUri = 'https://github.com/himds/himds/blob/main/docs/powershell.md')]
    [OutputType('Himds.Abi1.Finding')]
    [OutputType([bool])]
    param(
        [switch] $Quiet,

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
        # NullString, because PowerShell would pass $null as an empty text. The library then tries its usual resource.
        $call = [Himds.Abi1.Clients]::StartDiagnose(
            (Get-HimdsClientOption -BoundParameters $PSBoundParameters), [NullString]::Value,
            (Get-HimdsRequestOption -BoundParameters $PSBoundParameters))
        $outcome = Wait-HimdsCall -Call $call
        Write-Verbose -Message ('Checked in {0:N0} ms.' -f $call.Elapsed.TotalMilliseconds)

        $ok = $false
        if ($null -eq $outcome.Error) {
            $diagnosis = ConvertFrom-HimdsJson -Cmdlet $PSCmdlet -Json $outcome.Value
            $ok = $diagnosis.ok
            $findings = @($diagnosis.findings)
        }
        else {
            # A wrong option or variable, or no time left to look: that is what was found.
            $findings = @(
                [pscustomobject]@{
                    name       = $outcome.Error.Kind
                    status     = 'failed'
                    detail     = $outcome.Error.Message
                    fix        = [string] $outcome.Error.Hint
                    elapsed_ms = $outcome.Error.Elapsed.TotalMilliseconds
                }
            )
        }

        if ($Quiet) {
            [bool] $ok
        }
        else {
            $names = @{ ok = 'Ok'; warning = 'Warning'; failed = 'Failed' }
            foreach ($finding in $findings) {
                [Himds.Abi1.Finding]::new(
                    $finding.name, $names[$finding.status], (ConvertTo-HimdsParameterName -Text $finding.detail),
                    (ConvertTo-HimdsParameterName -Text $finding.fix), $finding.elapsed_ms)
            }
        }
    }
}
