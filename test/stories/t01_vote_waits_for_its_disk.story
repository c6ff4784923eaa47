# T1. The disk of node 2 hangs while it votes for node 1. The vote does not leave the node before term
# and vote are on its disk: a node that is killed in between has promised nothing.

nodes 3
       0.000  node 1  starts: term 1, vote 0, snapshot of 0, log 1 to 1
       0.000  node 2  starts: term 1, vote 0, snapshot of 0, log 1 to 1
       0.000  node 3  starts: term 1, vote 0, snapshot of 0, log 1 to 1
isolate 3
stall 2 60000
messages on
campaign 1
run 500
       0.050  node 1  is pre-candidate in term 1, leader 0, log up to 1, committed 0
       0.050  node 1  to 2, term 2: would you vote for me, my log ends with 1 of term 1
       0.050  node 1  to 3, term 2: would you vote for me, my log ends with 1 of term 1
       0.051  node 2  to 1, term 2: yes, if it came to it
       0.052  node 1  is candidate in term 2, leader 0, log up to 1, committed 0
       0.053  node 1  to 2, term 2: vote for me, my log ends with 1 of term 1
       0.053  node 1  to 3, term 2: vote for me, my log ends with 1 of term 1
       0.054  node 2  is follower in term 2, leader 0, log up to 1, committed 0
status
       0.550  node 1  candidate in term 2, log up to 1 of term 1, on disk 1, committed 0
       0.550  node 2  follower in term 2, log up to 1 of term 1, on disk 1, committed 0
       0.550  node 3  follower in term 1, log up to 1 of term 1, on disk 1, committed 0
stall 2 0
run 20
       0.551  node 2  to 1, term 2: yes
       0.552  node 1  is leader in term 2, leader 1, log up to 2, committed 0
       0.552  node 1  to 2, term 2: append 1 after 1 of term 1, committed is 0
       0.552  node 1  to 3, term 2: append 1 after 1 of term 1, committed is 0
       0.553  node 2  is follower in term 2, leader 1, log up to 2, committed 0
       0.553  node 2  to 1, term 2: have up to 1
       0.554  node 2  to 1, term 2: have up to 2
       0.555  node 1  commits up to 2
messages off
