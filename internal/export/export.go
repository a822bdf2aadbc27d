// Package export writes for people outside the workstation: audit bundles on removable media, and conversations as documents.
//
// Converters turn the record's entries into OCSF 1.8.0 events, FHIR R4 AuditEvents, CSV and a report that a browser shows
// without loading anything. The record holds no texts, so none of them does. Drives lists where a bundle can go.
//
// The entries are the truth and the other formats are readings of it: they leave fields out and round times.
package export
