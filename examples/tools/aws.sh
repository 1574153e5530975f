#!/bin/sh
# An AWS command as a role that trusts your tenant: aws.sh ROLE_ARN COMMAND [ARGUMENTS...], as
#   aws.sh arn:aws:iam::123456789012:role/arc aws s3 ls
# In AWS: an OpenID Connect provider https://sts.windows.net/TENANT/ with the token's audience as its client id, and a role
# whose trust policy allows sts:AssumeRoleWithWebIdentity for the identity's object id (`sub` in `himds claims RESOURCE`).
# Every AWS SDK reads these two variables, and the file again whenever its credentials expire. For a service that runs longer
# than the token is valid, let `himds token-file --watch` keep the file.
set -eu
resource=${HIMDS_AWS_RESOURCE:-api://AzureADTokenExchange}
directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT
himds token-file --resource "$resource" --out "$directory/token"
export AWS_ROLE_ARN="$1" AWS_WEB_IDENTITY_TOKEN_FILE="$directory/token"
shift
"$@"
