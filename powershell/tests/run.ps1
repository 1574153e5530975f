# Runs the tests of this folder: by Pester if it is installed, otherwise by the plain runner in this folder.
#requires -Version 7.0
[CmdletBinding()]
param()

$pester = Get-Module -Name 'Pester' -ListAvailable | Where-Object -Property 'Version' -GE -Value ([version] '5.0')
if ($null -eq $pester) {
    Write-Output -InputObject 'Pester 5 not found (Install-PSResource Pester): the plain runner runs the tests.'
    & (Join-Path -Path $PSScriptRoot -ChildPath 'plain-runner.ps1') -Path $PSScriptRoot
    exit $LASTEXITCODE
}

Import-Module -Name 'Pester' -MinimumVersion '5.0'
$configuration = New-PesterConfiguration
$configuration.Run.Path = $PSScriptRoot
$configuration.Run.PassThru = $true
$configuration.Output.Verbosity = 'Detailed'
$result = Invoke-Pester -Configuration $configuration
exit [int] ($result.Result -ne 'Passed')
