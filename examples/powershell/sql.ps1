<#
.SYNOPSIS
Queries Azure SQL Database as this machine. Needs the module SqlServer.

.DESCRIPTION
In the database, once, as its Entra administrator, with the machine's name:
    CREATE USER [arc-demo] FROM EXTERNAL PROVIDER;
    ALTER ROLE db_datareader ADD MEMBER [arc-demo];
#>
[CmdletBinding()]
param(
    [Parameter(Mandatory)]
    [string] $Server,

    [Parameter(Mandatory)]
    [string] $Database,

    [string] $Query = 'SELECT SUSER_SNAME() AS Login, DB_NAME() AS [Database]'
)

$ErrorActionPreference = 'Stop'

# Requested with each query: a cached token costs nothing, and one that is about to end is replaced.
$connection = @{
    ServerInstance = $Server
    Database       = $Database
    AccessToken    = Get-HimdsToken -Resource 'https://database.windows.net' -AsPlainText
    Encrypt        = 'Mandatory'
}
Invoke-Sqlcmd @connection -Query $Query
