function Clear-HimdsCache {
    <#
    .SYNOPSIS
    Forgets the cached tokens.

    .DESCRIPTION
    Forgets the tokens that this process has cached, for all its runspaces: all of them, or, if parameters name a service or an
    identity, those of this service and identity. The next Get-HimdsToken requests a token from the service.

    The service has a cache of its own: use Get-HimdsToken -ForceRefresh if a role was assigned a moment ago.

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
    Clear-HimdsCache

    Forgets all tokens.

    .EXAMPLE
    Clear-HimdsCache -ClientId 00000000-0000-0000-0000-000000000000

    Forgets the tokens of one user-assigned identity.

    .INPUTS
    None

    .OUTPUTS
    None

    .LINK
    Get-HimdsToken
    #>
    [CmdletBinding(PositionalBinding = $false, SupportsShouldProcess, ConfirmImpact = 'Low',
        HelpUri = 'https://github.com/himds/himds/blob/main/docs/powershell.md')]
    [OutputType([void])]
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
        if (-not $PSBoundParameters.ContainsKey('WhatIf')) {
            $WhatIfPreference = $PSCmdlet.GetVariableValue('WhatIfPreference')
        }
        if (-not $PSBoundParameters.ContainsKey('Confirm')) {
            $ConfirmPreference = $PSCmdlet.GetVariableValue('ConfirmPreference')
        }
    }

    process {
        $all = $true
        foreach ($name in 'Source', 'Endpoint', 'TokenDirectory', 'ClientId', 'ObjectId', 'ResourceId') {
            if ($PSBoundParameters.ContainsKey($name)) {
                $all = $false
            }
        }
        if ($all) {
            if ($PSCmdlet.ShouldProcess('all cached tokens', 'Clear')) {
                [Himds.Abi1.Clients]::ClearCaches()
            }
            return
        }

        $options = Get-HimdsClientOption -BoundParameters $PSBoundParameters
        $found = [Himds.Abi1.Clients]::Describe($options)
        if ($null -ne $found.Error) {
            Write-HimdsError -Cmdlet $PSCmdlet -Exception $found.Error -TargetObject $Endpoint
            return
        }
        $identity = "the machine's own identity"
        foreach ($name in 'ClientId', 'ObjectId', 'ResourceId') {
            if ($PSBoundParameters.ContainsKey($name)) {
                $identity = "the identity $($PSBoundParameters[$name])"
            }
        }
        if ($PSCmdlet.ShouldProcess("cached tokens of $identity from $($found.Value)", 'Clear')) {
            $null = [Himds.Abi1.Clients]::ClearCaches($options)
        }
    }
}
