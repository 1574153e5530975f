function Receive-HimdsToken {
    <#
    .SYNOPSIS
    A token for a resource, from the cache or from the service; if there is none, an error of the calling function.
    #>
    [CmdletBinding()]
    param(
        [Parameter(Mandatory)]
        [System.Management.Automation.PSCmdlet] $Cmdlet,

        [System.Collections.IDictionary] $BoundParameters,

        [AllowEmptyString()]
        [string] $Resource
    )

    if ($Resource -match '[\s{}]' -or ($Resource -as [type])) {
        # What PowerShell makes of an object that has no property Resource. It may hold a secret, so it is not shown.
        $exception = [Himds.Abi1.HimdsException]::Refused(
            'this is not a resource: it contains a blank or a brace, or is the name of a type',
            'Pass the resource as text, or an object with a property Resource or ResourceUrl.')
        Write-HimdsError -Cmdlet $Cmdlet -Exception $exception
        return
    }
    $call = [Himds.Abi1.Clients]::StartGetToken(
        (Get-HimdsClientOption -BoundParameters $BoundParameters), $Resource,
        (Get-HimdsRequestOption -BoundParameters $BoundParameters))
    $outcome = Wait-HimdsCall -Call $call
    if ($null -ne $outcome.Error) {
        Write-HimdsError -Cmdlet $Cmdlet -Exception $outcome.Error -TargetObject $Resource
        return
    }

    $token = $outcome.Value
    $now = [System.DateTimeOffset]::UtcNow
    if ($call.FromCache) {
        $origin = 'the cache'
    }
    elseif ($token.ExpiresOn -lt $now.AddMinutes(5) -or ($null -ne $token.RefreshOn -and $token.RefreshOn -lt $now)) {
        # A token that is due for renewal after its renewal: the old one, which is good enough.
        $origin = 'the cache, because the service has no newer one now'
    }
    else {
        $origin = "the service, attempts: $($token.GetAttempts())"
    }
    Write-Verbose -Message ('Token for {0} from {1}, in {2:N0} ms; it expires on {3:u}.' -f
        $token.Resource, $origin, $call.Elapsed.TotalMilliseconds, $token.ExpiresOn)
    $token
}
