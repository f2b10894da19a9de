#pragma once

#include <string>
#include <vector>

#include "report/print_options.h"
#include "validate/claim.h"
#include "validate/claim_groups.h"

namespace tablewalk {

/// The claims of the groups of those names, of all if there are none. Throws InputError: an unknown group, reference
/// data that is missing.
ClaimList collect_claims(const std::vector<std::string>& groups, const ClaimChoice& choice);

/// Measures what the claims need, `jobs` at a time, each in a process of its own, and gives an outcome for each claim.
/// Throws what the measurements throw, and InputError if the program was interrupted.
std::vector<Outcome> measure_claims(const ClaimList& list, unsigned jobs);

/// How many are out of their tolerance.
std::size_t failures(const std::vector<Outcome>& outcomes);

/// The table of all claims, and where their sources are.
std::string validation_text(const std::vector<Outcome>& outcomes);
/// Schema tablewalk.validation/1.
std::string validation_json(const std::vector<Outcome>& outcomes);
std::string validation_csv(const std::vector<Outcome>& outcomes);

/// The groups: what each is about, and whether it needs files.
std::string groups_text();
std::string groups_json();
std::string groups_csv();

}  // namespace tablewalk
