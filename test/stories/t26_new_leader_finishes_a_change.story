# T26. The leader dies between the two halves of a change of members. The next leader has the joint
# membership in its log, and appends the final one. Node 3, which was asked for the change, answers
# when the change is complete, whoever completes it.

nodes 3
       0.000  node 1  starts: term 1, vote 0, snapshot of 0, log 1 to 1
       0.000  node 2  starts: term 1, vote 0, snapshot of 0, log 1 to 1
       0.000  node 3  starts: term 1, vote 0, snapshot of 0, log 1 to 1
elect 1
       0.050  node 1  is pre-candidate in term 1, leader 0, log up to 1, committed 0
       0.052  node 1  is candidate in term 2, leader 0, log up to 1, committed 0
       0.054  node 2  is follower in term 2, leader 0, log up to 1, committed 0
       0.054  node 3  is follower in term 2, leader 0, log up to 1, committed 0
       0.056  node 1  is leader in term 2, leader 1, log up to 2, committed 0
run 50
       0.057  node 2  is follower in term 2, leader 1, log up to 2, committed 0
       0.057  node 3  is follower in term 2, leader 1, log up to 2, committed 0
       0.060  node 1  commits up to 2
join 4
       0.106  node 4  starts: term 0, vote 0, snapshot of 0, log 1 to 0
run 50
change 1 learn 4
run 500
       0.156  node 1  is leader in term 2, leader 1, log up to 3, committed 2
       0.157  node 3  is follower in term 2, leader 1, log up to 3, committed 2
       0.157  node 2  is follower in term 2, leader 1, log up to 3, committed 2
       0.159  node 1  commits up to 3
       0.159  node 1  answers the operator: done
       0.164  node 1  is leader in term 2, leader 1, log up to 4, committed 3
       0.165  node 2  is follower in term 2, leader 1, log up to 4, committed 3
       0.165  node 4  is learner in term 2, leader 1, log up to 4, committed 3
       0.165  node 3  is follower in term 2, leader 1, log up to 4, committed 3
       0.167  node 1  commits up to 4
hold 2 -> 1
hold 4 -> 1
change 3 promote 4
run 2
       0.657  node 1  is leader in term 2, leader 1, log up to 5, committed 4
hold 3 -> 1
run 20
       0.658  node 4  is follower in term 2, leader 1, log up to 5, committed 4
       0.658  node 3  is follower in term 2, leader 1, log up to 5, committed 4
       0.658  node 2  is follower in term 2, leader 1, log up to 5, committed 4
members 2
       0.678  node 2  members of entry 5, not committed, joint: 1 votes outgoing,2 votes outgoing,3 votes outgoing,4 votes
kill 1
       0.678  node 1  is killed
run 1040
elect 2
       1.718  node 2  is pre-candidate in term 2, leader 0, log up to 5, committed 4
       1.720  node 2  is candidate in term 3, leader 0, log up to 5, committed 4
       1.723  node 3  is follower in term 3, leader 0, log up to 5, committed 4
       1.723  node 4  is follower in term 3, leader 0, log up to 5, committed 4
       1.725  node 2  is leader in term 3, leader 2, log up to 6, committed 4
run 200
       1.726  node 3  is follower in term 3, leader 2, log up to 6, committed 4
       1.726  node 4  is follower in term 3, leader 2, log up to 6, committed 4
       1.728  node 2  is leader in term 3, leader 2, log up to 7, committed 6
       1.728  node 2  commits up to 6
       1.729  node 4  is follower in term 3, leader 2, log up to 7, committed 6
       1.730  node 3  is follower in term 3, leader 2, log up to 7, committed 6
       1.732  node 2  commits up to 7
       1.826  node 3  answers the operator: done
members 2
       1.925  node 2  members of entry 7, committed: 1 votes,2 votes,3 votes,4 votes
