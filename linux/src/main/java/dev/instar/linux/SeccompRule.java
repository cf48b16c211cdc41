package dev.instar.linux;

import java.util.List;

/**
 * One line of a filter's rule list.
 *
 * @param conditions all of them must hold; none means that the rule always applies
 * @param action what happens then
 */
record SeccompRule(List<ArgumentCondition> conditions, SeccompAction action) {
    SeccompRule {
        conditions = List.copyOf(conditions);
    }
}
