function Resolve-HimdsClient {
    <#
    .SYNOPSIS
    The process's client for what a function's parameters and the environment name.
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
    $client = [Himds.Abi1.Clients]::Get($options)
    Write-Verbose -Message "Source: $($client.Source) at $($client.Endpoint), because $($client.SourceReason)."
    $client
}
