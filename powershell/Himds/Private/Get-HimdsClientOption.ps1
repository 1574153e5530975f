function Get-HimdsClientOption {
    <#
    .SYNOPSIS
    The options of the client that a function's parameters and the environment name.
    #>
    [CmdletBinding()]
    param(
        [System.Collections.IDictionary] $BoundParameters
    )

    $options = [Himds.Abi1.ClientOptions]::new()
    if ($BoundParameters.ContainsKey('Source') -and $BoundParameters['Source'] -ne 'Auto') {
        $options.Source = $BoundParameters['Source'].ToLowerInvariant()
    }
    foreach ($name in 'Endpoint', 'TokenDirectory', 'ClientId', 'ObjectId', 'ResourceId') {
        if ($BoundParameters.ContainsKey($name)) {
            $options.$name = $BoundParameters[$name]
        }
    }
    if ($BoundParameters.ContainsKey('WaitForServiceSec')) {
        $options.WaitForServiceSeconds = $BoundParameters['WaitForServiceSec']
    }
    $options
}
