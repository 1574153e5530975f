function Get-HimdsRequestOption {
    <#
    .SYNOPSIS
    The options for one call that a function's parameters name.
    #>
    [CmdletBinding()]
    param(
        [System.Collections.IDictionary] $BoundParameters
    )

    $options = [Himds.Abi1.RequestOptions]::new()
    if ($BoundParameters.ContainsKey('TimeoutSec')) {
        $options.TimeoutSeconds = $BoundParameters['TimeoutSec']
    }
    if ($BoundParameters.ContainsKey('ForceRefresh')) {
        $options.ForceRefresh = [bool] $BoundParameters['ForceRefresh']
    }
    $options
}
