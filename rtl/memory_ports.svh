// Memory: accesses of one naturally aligned entry. The request is stable until accepted. Answers may come in any order,
// at any time after acceptance; they are always taken. One answer for each request that was accepted.
//   mem_req_tag_o      comes back with the answer: {generation, slot}
//   mem_req_addr_o     in bytes
//   mem_req_size_o     log2 of the bytes: 2 or 3
//   mem_req_op_o       mem_op_e: read, or compare-and-swap
//   mem_req_wdata_o    compare-and-swap: what to write if memory holds mem_req_expected_o
//   mem_rsp_data_i     the entry; of a compare-and-swap what memory held before. 4-byte entries in bits 31:0
//   mem_rsp_error_i    the access failed: the walk ends with FaultReadFailed
//   mem_rsp_retry_i    nothing was done: the walker asks again
output logic mem_req_valid_o,
input logic mem_req_ready_i,
output logic [TagWidth-1:0] mem_req_tag_o,
output logic [55:0] mem_req_addr_o,
output logic [1:0] mem_req_size_o,
output tablewalk_pkg::mem_op_e mem_req_op_o,
output logic [63:0] mem_req_wdata_o,
output logic [63:0] mem_req_expected_o,
input logic mem_rsp_valid_i,
input logic [TagWidth-1:0] mem_rsp_tag_i,
input logic [63:0] mem_rsp_data_i,
input logic mem_rsp_error_i,
input logic mem_rsp_retry_i,
