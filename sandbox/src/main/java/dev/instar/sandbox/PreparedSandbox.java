package dev.instar.sandbox;

import dev.instar.linux.Child;
import dev.instar.linux.ControlGroup;

/**
 * A sandbox that waits for a workload.
 *
 * @param id unique on this node
 * @param slot which pair of user ids it holds
 * @param uid user and group id of the workload on the host
 * @param init first process of its pid namespace; holds the namespaces and reaps orphans
 * @param workload in all namespaces but the user namespace, in its control group, with the node's privileges still: it
 *     drops them as it starts
 * @param group what the workload is charged to
 * @param ruleset number of the Landlock ruleset's descriptor in the workload process, or −1 without Landlock
 */
record PreparedSandbox(String id, int slot, int uid, Child init, Child workload, ControlGroup group, long ruleset) {}
