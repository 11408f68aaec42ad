// Package stsapi is the table of the part of the STS API that this server has.
//
// This package's API may change.
package stsapi

import "github.com/leat-io/leat/api"

// Codes of errors, as AWS Query has them.
const (
	Validation   = "ValidationError"
	AccessDenied = "AccessDenied"
)

// Service is the table of STS, API version 2011-06-15, which speaks AWS Query
// alone.
var Service = &api.Service{
	SigningName:  "sts",
	TargetPrefix: "AWSSecurityTokenServiceV20110615",
	JSONOnly:     true,
	Query:        &api.Query{Version: "2011-06-15", Namespace: "https://sts.amazonaws.com/doc/2011-06-15/"},
	Operations: map[string]*api.Operation{
		"AssumeRole":        {Name: "AssumeRole", Input: assumeRole, Errors: []string{Validation, AccessDenied}},
		"GetCallerIdentity": {Name: "GetCallerIdentity", Input: api.NewStructure(), Free: true},
	},
	Unshaped: map[string]bool{
		"AssumeRoleWithSAML": true, "AssumeRoleWithWebIdentity": true, "AssumeRoot": true,
		"DecodeAuthorizationMessage": true, "GetAccessKeyInfo": true, "GetDelegatedAccessToken": true,
		"GetFederationToken": true, "GetSessionToken": true, "GetWebIdentityToken": true,
	},
}

// assumeRole has the members that are looked at.
var assumeRole = api.NewStructure(
	api.Member{Name: "RoleArn"}, api.Member{Name: "RoleSessionName"}, api.Member{Name: "DurationSeconds"}, api.Member{Name: "SourceIdentity"},
)
