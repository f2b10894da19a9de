#pragma once

#include <string>
#include <vector>

#include "report/print_options.h"
#include "validate/claim.h"
#include "validate/claim_groups.h"

namespace tablewalk {

/// The claims of the named groups, or of all groups if there are no names. Throws InputError: an unknown group, missing
/// reference data.
ClaimList collect_claims(const std::vector<std::string>& groups, const ClaimChoice& choice);

/// Makes the claims' measurements, `jobs` in parallel, each in its own process, and returns an outcome per claim.
/// Throws what the measurements throw, and InputError if the program was interrupted.
std::vector<Outcome> measure_claims(const ClaimList& list, unsigned jobs);

/// Number of outcomes out of tolerance.
std::size_t failures(const std::vector<Outcome>& outcomes);

/// The table of all claims, and the references of their sources.
std::string validation_text(const std::vector<Outcome>& outcomes);
/// Schema tablewalk.validation/1.
std::string validation_json(const std::vector<Outcome>& outcomes);
std::string validation_csv(const std::vector<Outcome>& outcomes);

/// The groups: topic, and whether files are needed.
std::string groups_text();
std::string groups_json();
std::string groups_csv();

}  // namespace tablewalk
