function Get-HimdsClientOption {
    <#
    .SYNOPSIS
    What a function's parameters and the environment say of the client to use.
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
    $options
}
