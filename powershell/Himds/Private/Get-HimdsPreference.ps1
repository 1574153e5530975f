function Get-HimdsPreference {
    <#
    .SYNOPSIS
    What is to happen with errors and with verbose messages of a function: what its parameters say, otherwise its caller's
    preferences.

    .DESCRIPTION
    As with a compiled cmdlet. A module's functions do not see by themselves what the script or function that calls them has set.
    #>
    [CmdletBinding()]
    param(
        [Parameter(Mandatory)]
        [System.Management.Automation.PSCmdlet] $Cmdlet
    )

    # If the parameter is given, PowerShell has set the function's own variable, which is seen from here.
    $errorAction = $ErrorActionPreference
    if (-not $Cmdlet.MyInvocation.BoundParameters.ContainsKey('ErrorAction')) {
        $errorAction = $Cmdlet.GetVariableValue('ErrorActionPreference')
    }
    if ($errorAction -eq 'Ignore' -and $PSVersionTable.PSEdition -ne 'Core') {
        # Windows PowerShell sets a variable to it for -ErrorAction Ignore, but fails if it then finds it in one.
        $errorAction = 'SilentlyContinue'
    }
    $verbose = $VerbosePreference
    if (-not $Cmdlet.MyInvocation.BoundParameters.ContainsKey('Verbose')) {
        $verbose = $Cmdlet.GetVariableValue('VerbosePreference')
    }
    $errorAction
    $verbose
}
