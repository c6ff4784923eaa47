# T42. The power of node 3 fails while its log is being written, again and again. What was not
# acknowledged may be torn: the start cuts it off and goes on, and the leader sends it again.
# Nothing that was acknowledged is cut off.

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
set 1 key0 acknowledged
       0.056  node 1  is asked (1): SET key0 acknowledged (12 bytes)
run 100
       0.057  node 3  is follower in term 2, leader 1, log up to 2, committed 0
       0.057  node 2  is follower in term 2, leader 1, log up to 2, committed 0
       0.059  node 1  commits up to 2
       0.061  node 1  commits up to 3
       0.061  node 1  answers (1): done, index 3
       0.061  world   request 1 done: OK
stall 3 500
set 1 key1 torn 300
       0.156  node 1  is asked (2): SET key1 tttttttttttt... (300 bytes)
run 20
       0.159  node 1  commits up to 4
       0.159  node 1  answers (2): done, index 4
       0.159  world   request 2 done: OK
power 3
       0.176  node 3  loses its power
start 3
       0.176  node 3  starts: term 2, vote 1, snapshot of 0, log 1 to 3
run 100
       0.184  node 3  is follower in term 2, leader 1, log up to 4, committed 4
stall 3 500
set 1 key2 torn 3300
       0.276  node 1  is asked (3): SET key2 tttttttttttt... (3300 bytes)
run 20
       0.280  node 1  commits up to 5
       0.280  node 1  answers (3): done, index 5
       0.280  world   request 3 done: OK
power 3
       0.296  node 3  loses its power
start 3
       0.296  node 3  starts: term 2, vote 1, snapshot of 0, log 1 to 5
run 100
       0.312  node 3  is follower in term 2, leader 1, log up to 5, committed 5
stall 3 500
set 1 key3 torn 6300
       0.396  node 1  is asked (4): SET key3 tttttttttttt... (6300 bytes)
run 20
       0.400  node 1  commits up to 6
       0.400  node 1  answers (4): done, index 6
       0.400  world   request 4 done: OK
power 3
       0.416  node 3  loses its power
start 3
       0.416  node 3  starts: term 2, vote 1, snapshot of 0, log 1 to 6
run 100
       0.455  node 3  is follower in term 2, leader 1, log up to 6, committed 6
stall 3 500
set 1 key4 torn 9300
       0.516  node 1  is asked (5): SET key4 tttttttttttt... (9300 bytes)
run 20
       0.520  node 1  commits up to 7
       0.520  node 1  answers (5): done, index 7
       0.520  world   request 5 done: OK
power 3
       0.536  node 3  loses its power
start 3
       0.536  node 3  starts: term 2, vote 1, snapshot of 0, log 1 to 6
run 100
       0.551  node 3  is follower in term 2, leader 1, log up to 7, committed 7
stall 3 500
set 1 key5 torn 12300
       0.636  node 1  is asked (6): SET key5 tttttttttttt... (12300 bytes)
run 20
       0.640  node 1  commits up to 8
       0.640  node 1  answers (6): done, index 8
       0.640  world   request 6 done: OK
power 3
       0.656  node 3  loses its power
start 3
       0.656  node 3  starts: term 2, vote 1, snapshot of 0, log 1 to 8
run 100
       0.686  node 3  is follower in term 2, leader 1, log up to 8, committed 8
status
       0.756  node 1  leader in term 2, log up to 8 of term 2, on disk 8, committed 8
       0.756  node 2  follower in term 2, log up to 8 of term 2, on disk 8, committed 8
       0.756  node 3  follower in term 2, log up to 8 of term 2, on disk 8, committed 8
get 3 key0
       0.756  node 3  is asked (7): GET key0
get 3 key5
       0.756  node 3  is asked (8): GET key5
run 50
       0.761  node 3  answers (7): done, index 8
       0.761  node 3  answers (8): done, index 8
       0.761  world   request 7 done: acknowledged
       0.761  world   request 8 done: tttt... (12300 bytes)
